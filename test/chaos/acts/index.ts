import type { Act } from "./act";
import { CROWDS } from "./crowds";
import { FAULTS } from "./faults";
import { LOSSES } from "./losses";
import { SWITCHES } from "./switches";

export const ACTS: readonly Act[] = [...SWITCHES, ...LOSSES, ...FAULTS, ...CROWDS];
