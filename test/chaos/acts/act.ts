import type { Random } from "../../helpers/random";
import type { Stage } from "../stage";

/** Something that goes wrong, that somebody does, or both at the same time. */
export interface Act {
  readonly name: string;
  /** How often it is drawn, compared with others. */
  readonly weight: number;
  /** Why it cannot be done on this machine; undefined: it can. */
  readonly missing?: () => string | undefined;
  /** Answers what it did, in a word or two. All that it breaks and does not leave to an operator it puts back. */
  readonly play: (stage: Stage, random: Random) => Promise<string>;
}

/** How a command ended, in a word. */
export const ended = ({ code }: { readonly code: number | null }) => (code === 0 ? "ok" : "refused");
