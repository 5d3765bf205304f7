/**
 * Progress on standard error: stage, share done, rate and time left. A bar where standard error is a terminal; lines, a
 * second apart at least, where it is none and they were asked for. It takes no signals: during an engine's run no handler
 * could answer one, and the default action ends the process at once.
 */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** `done` of `total` units of a stage. A new stage's name starts a new line. `note` stands behind rate and time left. */
  update(stage: string, done: number, total: number, unit: string, note?: string): void;
  /** Ends the bar's line. */
  stop(): void;
}

const none: Progress = { update() {}, stop() {} };

export function progressBar(wanted: boolean | undefined): Progress {
  if (!(wanted ?? process.stderr.isTTY)) return none;
  return measured(process.stderr.isTTY ? terminalBar() : lines());
}

/** What is shown of a stage. */
interface Shown {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** "120 tokens/s, 14 s left"; empty until there is something to measure. */
  readonly pace: string;
}

interface Display {
  show(shown: Shown): void;
  stop(): void;
}

/** How far a stage has come since its first report, and in which time; other stages in between take none of it. */
interface Pace {
  milliseconds: number;
  units: number;
}

/** Rate and time left, measured from a stage's first report: what came before it is not known. */
function measured(display: Display): Progress {
  const paces = new Map<string, Pace>();
  let current = "";
  let last = { at: 0, done: 0 };
  return {
    update(stage, done, total, unit, note) {
      const now = performance.now();
      const pace = paces.get(stage) ?? { milliseconds: 0, units: 0 };
      paces.set(stage, pace);
      if (stage === current && done >= last.done) {
        pace.milliseconds += now - last.at;
        pace.units += done - last.done;
      } else if (stage === current) Object.assign(pace, { milliseconds: 0, units: 0 });
      else if (current !== "") display.stop();
      current = stage;
      last = { at: now, done };
      const rate = (1000 * pace.units) / pace.milliseconds;
      const known = pace.units > 0 && pace.milliseconds > 0;
      const facts = known ? [`${short(rate)} ${unit}/s`, `${duration((total - done) / rate)} left`] : [];
      if (note !== undefined) facts.push(note);
      display.show({ stage, done, total, pace: facts.join(", ") });
    },
    stop: () => display.stop(),
  };
}

function terminalBar(): Display {
  let bar: SingleBar | undefined;
  return {
    show({ stage, done, total, pace }) {
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: "{stage} |{bar}| {percentage}% {pace}",
            stream: process.stderr,
            gracefulExit: false,
            hideCursor: false,
            barsize: 24,
          },
          Presets.shades_classic,
        );
        bar.start(total, done, { stage, pace });
      }
      bar.setTotal(total);
      bar.update(done, { stage, pace });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function lines(): Display {
  let last = "";
  let at = 0;
  return {
    show({ stage, done, total, pace }) {
      const now = performance.now();
      if (stage === last && done < total && now - at < 1000) return;
      last = stage;
      at = now;
      const percentage = total === 0 ? 100 : Math.floor((100 * done) / total);
      process.stderr.write(`${stage} ${percentage}%${pace === "" ? "" : `, ${pace}`}\n`);
    },
    stop() {},
  };
}

function short(rate: number): string {
  if (rate < 0.1) return rate.toPrecision(2);
  return rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}
