"""Writes fixtures/tf-calls.json: the TensorFlow classes called in every form, with what they give or raise.

README.md beside this script says what is in it. Run from anywhere with the environment of requirements-tensorflow.txt,
about two minutes: python tests/oracle/tf_calls.py
"""

from __future__ import annotations

import copy
import inspect
from typing import Any


from fixture_file import FIXTURES, write_fixture
from led_classes_cases import Said
from tf_calls_cases import Case, all_cases
from tf_models import PACKAGES, TF_MODELS, build_tf, described, encoder_outputs_of, one_thread, tensor_of, written


class Recorder:
    def __init__(self) -> None:
        self.models: dict[str, Any] = {}
        self.rows: list[dict[str, Any]] = []
        self.used: dict[str, dict[str, Any]] = {}

    def model_of(self, case: Case) -> Any:
        key = f"{case.class_name} {case.model} {case.config}"
        if key not in self.models:
            self.models[key] = build_tf(case.class_name, TF_MODELS[case.model], case.config)
        return self.models[key]

    def argument(self, model: Any, case: Case, name: str, value: Any) -> Any:
        if name == "encoder_outputs" and isinstance(value, dict):
            return encoder_outputs_of(model, **copy.deepcopy(value))
        if name in ("past_key_values", "past", "decoder_cached_states") and isinstance(value, dict):
            given = {key: tensor_of(one) for key, one in value["of"].items()}
            if case.part == "decoder":
                return model.get_decoder()(given.pop("input_ids"), **given, use_cache=True, return_dict=True).past_key_values
            return model(given.pop("input_ids"), **given, use_cache=True).past_key_values
        return tensor_of(value, case.types.get(name))

    def called(self, model: Any, case: Case) -> Any:
        """What the call gives: `inputs` in the form that the case names, `more` as keywords."""
        inputs = {name: self.argument(model, case, name, value) for name, value in case.inputs.items()}
        more = {name: self.argument(model, case, name, value) for name, value in case.more.items()}
        what = {"encoder": model.get_encoder, "decoder": model.get_decoder}.get(case.part, lambda: model)()
        if case.form == "keywords":
            first = inputs.pop("input_ids", None)
            return what(first, **inputs, **more)
        if case.form == "object":
            return what(inputs, **more)
        names = list(inspect.signature(type(what).call).parameters)[1:]
        last = max((names.index(name) for name in inputs), default=-1)
        values = [inputs.get(name) for name in names[: last + 1]] + case.beyond
        if case.form == "positional":
            return what(*values, **more)
        return what(tuple(values) if case.form == "tuple" else values, **more)

    def run(self, case: Case) -> None:
        tiny = TF_MODELS[case.model]
        self.used[tiny.name] = tiny.described()
        row: dict[str, Any] = {"name": case.name, "about": case.about, "class": case.class_name, "model": case.model}
        for key in ("config", "part", "form", "inputs", "more", "beyond", "types"):
            value = getattr(case, key)
            if value and value != "model":
                row[key] = value
        with Said() as said:
            try:
                model = self.model_of(case)
                row |= written(self.called(model, case))
            except Exception as error:  # What the reference raises is the fixture.
                row["raises"] = described(error)
        says = [message for message in said.messages if not message.startswith(("The initializer", "Input ids are automatically"))]
        if says:
            row["says"] = says
        self.rows.append(row)


if __name__ == "__main__":
    one_thread()
    recorder = Recorder()
    for case in all_cases():
        assert case.name not in {row["name"] for row in recorder.rows}, case.name
        recorder.run(case)
    write_fixture(FIXTURES / "tf-calls.json", "tf_calls.py", PACKAGES, {"models": recorder.used, "cases": recorder.rows})
    print(len(recorder.rows), "cases")
