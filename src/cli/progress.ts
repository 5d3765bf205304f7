/**
 * The progress bar on standard error: stage, share done, rate and time left. It draws where standard error is a terminal,
 * or where it was asked for. It takes no signals: during an engine's run no handler could answer one, and the default action ends
 * the process at once.
 */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** `done` of `total` units of a stage. A new stage's name starts a new line. */
  update(stage: string, done: number, total: number, unit: string): void;
  /** Ends the bar's line. */
  stop(): void;
}

export function progressBar(wanted: boolean | undefined): Progress {
  if (!(wanted ?? process.stderr.isTTY)) return { update() {}, stop() {} };
  let bar: SingleBar | undefined;
  let current = "";
  let started = 0;
  return {
    update(stage, done, total, unit) {
      if (stage !== current) {
        bar?.stop();
        current = stage;
        started = Date.now();
        bar = new SingleBar(
          {
            format: "{stage} |{bar}| {percentage}% {rate} {left}",
            stream: process.stderr,
            noTTYOutput: true,
            gracefulExit: false,
            hideCursor: false,
            barsize: 24,
          },
          Presets.shades_classic,
        );
        bar.start(total, 0, { stage, rate: "", left: "" });
      }
      const seconds = (Date.now() - started) / 1000;
      const rate = done / Math.max(seconds, 1e-3);
      bar?.setTotal(total);
      bar?.update(done, {
        rate: `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)} ${unit}/s`,
        left: done === 0 ? "" : `${((total - done) / rate).toFixed(0)} s left`,
      });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
