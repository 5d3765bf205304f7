/** What a child process of `worker: true` runs (platform/node-worker.ts starts it): one model, at the service of its parent. */
import {
  LEDDecoder,
  LEDEncoder,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
} from "../index.ts";
import { setLogger } from "../log.ts";
import { workerClasses } from "../models/led/worker-classes.ts";
import { type ModelClasses, modelService } from "../models/led/worker-service.ts";
import { applySettings, nodeErrors, parentPort } from "../platform/node-worker.ts";
import { Codec } from "../workers/codec.ts";
import { serve } from "../workers/serve.ts";

const classes = {
  LEDModel,
  LEDForConditionalGeneration,
  LEDForSequenceClassification,
  LEDForQuestionAnswering,
  LEDEncoder,
  LEDDecoder,
} as unknown as ModelClasses;

setLogger(serve(parentPort(), new Codec(workerClasses, nodeErrors), modelService(classes, applySettings)));
