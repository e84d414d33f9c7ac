/** One step of `pulumi preview --json`; only what is judged here. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: PreviewState;
  readonly newState?: PreviewState;
}

interface PreviewState {
  readonly type: string;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** What a person should know of a step before `up`. */
export interface Finding {
  /** `refused`: `up` must not run. `lint`: it may be meant; look. `does`: what the recovery will do. */
  readonly kind: "refused" | "lint" | "does";
  readonly resource: string;
  readonly text: string;
}

const HOLDS_DATA = /^dr:local:(PostgresServer|BucketFolder)$/;
const DESTROYS = new Set(["delete", "delete-replaced", "replace", "create-replacement", "discard", "discard-replaced"]);

/** A recovery never deletes or replaces what holds data. Leaving it where it is, out of the stack's sight, is no deletion. */
export function guardData(steps: readonly PreviewStep[]): readonly Finding[] {
  return steps.flatMap(({ op, urn, oldState, newState }) => {
    const state = newState ?? oldState;
    if (!state || !HOLDS_DATA.test(state.type) || !DESTROYS.has(op) || (op === "delete" && oldState?.retainOnDelete))
      return [];
    return [{ kind: "refused" as const, resource: nameOf(urn), text: `would ${op} ${state.type}, which holds data` }];
  });
}

/** What the preview means for who writes and where the name points. */
export function sayWhatItDoes(steps: readonly PreviewStep[]): readonly Finding[] {
  return steps.flatMap(({ op, urn, oldState, newState }) => {
    const does = (text: string) => [{ kind: "does" as const, resource: nameOf(urn), text }];
    const inputs = newState?.inputs ?? {};
    const was = oldState?.inputs ?? {};
    switch (newState?.type ?? oldState?.type) {
      case "dr:index:Fence":
        if (op === "create")
          return does(`takes writing away from ${word(inputs.site)}, by whatever of it still answers`);
        return op === "update" && inputs.triedAgainAt !== was.triedAgainAt
          ? does(`takes writing away from ${word(inputs.site)} again: the failover before did not end`)
          : [];
      case "dr:index:Restore":
        return op === "create" || op === "update"
          ? does(
              `restores ${word(inputs.portName)} from ${word(inputs.lostSite)}'s backups (${typeof inputs.recoverFrom === "string" ? inputs.recoverFrom : "latest"}), unless ${word(inputs.site)} is live`,
            )
          : [];
      case "dr:index:Promotion":
        if (op === "create")
          return does(inputs.lostSite ? promotesFrom(inputs) : `makes sure that ${word(inputs.site)} is the writer`);
        if (op === "update" && inputs.fenced && inputs.lostSite) return does(promotesFrom(inputs));
        if (op === "update" && inputs.fenced)
          return does(`takes the fence of ${word(inputs.site)} off, unless another site was promoted`);
        return op === "delete" ? does(`${word(was.site)} is the writer no longer`) : [];
      case "dr:index:DnsRecord":
        return op === "update" && was.site !== inputs.site
          ? does(`moves ${word(inputs.name)} from ${word(was.site)} to ${word(inputs.site)}`)
          : [];
      default:
        return [];
    }
  });
}

/**
 * Inputs that name a place of the lost site: what the survivor would need of it. A lint, not a proof: it sees only
 * what is written out. The fence is meant to reach there.
 */
export function lintSurvival(
  steps: readonly PreviewStep[],
  lost: { readonly site: string; readonly places: readonly string[] },
): readonly Finding[] {
  return steps.flatMap(({ op, urn, newState }) => {
    if (!newState || op === "delete" || newState.type === "dr:index:Fence") return [];
    return Object.entries(newState.inputs ?? {}).flatMap(([property, value]) => {
      if (property === "fenceProof" || property === "lostPeer") return []; // of the lost site, which may say nothing
      const place = lost.places.find((one) => JSON.stringify(value)?.includes(one));
      return place
        ? [
            {
              kind: "lint" as const,
              resource: nameOf(urn),
              text: `\`${property}\` names ${place}, which is lost with ${lost.site}`,
            },
          ]
        : [];
    });
  });
}

const nameOf = (urn: string) => urn.split("::").slice(2).join(" ").replace(/^.*\$/, "");

const promotesFrom = ({ site, lostSite }: Readonly<Record<string, unknown>>) =>
  `promotes ${word(site)}; what had not arrived from ${word(lostSite)} is lost`;

const word = (value: unknown) => (typeof value === "string" ? value : "it");
