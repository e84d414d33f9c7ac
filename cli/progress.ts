import type { Step } from "../evidence/record";

/** Says how far a step is, in a few words. */
export type Tell = (detail: string) => void;

/** Runs steps one after the other, tells each as it begins and ends, and keeps their times. */
export interface Progress {
  readonly steps: readonly Step[];
  readonly step: <T>(name: string, work: (tell: Tell) => Promise<T>) => Promise<T>;
  /** A line for people; never on standard output when that is for a machine. */
  readonly say: (text: string) => void;
}

const PLAIN_EVERY_MS = 10_000;

/** On a terminal a step's line is written over and over; elsewhere there is a line every now and then. */
export function startProgress(output: NodeJS.WriteStream, plainEveryMs = PLAIN_EVERY_MS): Progress {
  const steps: Step[] = [];
  const say = (text: string) => void output.write(`${text}\n`);
  return {
    steps,
    say,
    async step(name, work) {
      const startedAt = process.hrtime.bigint();
      const seconds = () => Math.round(Number(process.hrtime.bigint() - startedAt) / 1e6) / 1000;
      const begun = (detail: string) => `         … ${name}${detail && `  ${detail}`}`;
      if (output.isTTY) output.write(begun(""));
      let toldAt = 0;
      const tell = (detail: string) => {
        if (output.isTTY) return void output.write(`\r\x1b[K${begun(detail).slice(0, output.columns || undefined)}`);
        if (seconds() * 1000 - toldAt < plainEveryMs || !detail) return;
        toldAt = seconds() * 1000;
        say(begun(detail));
      };
      const line = (mark: string) =>
        say(`${output.isTTY ? "\r\x1b[K" : ""}${seconds().toFixed(2).padStart(7)} s ${mark} ${name}`);
      try {
        const result = await work(tell);
        line("✓");
        steps.push({ name, seconds: seconds() });
        return result;
      } catch (error) {
        line("✗");
        throw error;
      }
    },
  };
}
