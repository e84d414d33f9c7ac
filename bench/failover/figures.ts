/** By how much a time grows each time that something doubles, if it grows by the same part each time: 0.15 is 15 %. */
export const growthPerDoubling = (before: number, after: number, times: number): number =>
  (after / before) ** (1 / Math.log2(times)) - 1;

/** What a command takes for each resource of a program, beyond what it takes for a program that has none. */
export const perResource = (seconds: number, ofNothing: number, resources: number): number =>
  (seconds - ofNothing) / resources;
