/** What an agent answers when it refuses (docs/api.md). */
export interface Problem {
  readonly type?: string;
  readonly detail?: string;
  readonly wayOut?: string;
  readonly job?: string;
}

/** Fields of the API, by what they are called here. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/"?`?evenIfNotProven`?"?(: true)?/g, "--even-if-not-proven"],
  [/`backupId`/g, "the backup"],
  [/`target`/g, "--to"],
  [/["`](source|time|type|level|description|drop)["`]/g, "--$1"],
  [/GET \/api\/v1\/system\/backup\/history lists all backups, newest first\./g, "npx pulumi-dr backups lists all."],
  [/ ?See \/docs for what each request takes\./g, ""],
];

const worded = (text: string) => WORDS.reduce((said, [api, here]) => said.replaceAll(api, here), text);

/** A refusal in the words of the command line; `isUsage`: whoever called must call otherwise. */
export function refusalOf(
  status: number,
  { type = "", detail = `it answered ${status}`, wayOut = "", job }: Problem = {},
): { readonly message: string; readonly isUsage: boolean } {
  const isUsage = status >= 400 && status < 500 && status !== 409 && status !== 429;
  switch (type.split(":").at(-1)) {
    case "not-authorized":
      return {
        message: `the agent does not let this in: ${detail}. Set the secret that the plan's api.token names (DR_API_TOKEN unless it says otherwise) in the environment`,
        isUsage,
      };
    case "already-running":
      return {
        message: `the agent is busy: ${detail}${job ? ` (job ${job})` : ""}. Nothing was begun; ask again once it has ended: npx pulumi-dr backups shows what came of it`,
        isUsage,
      };
    default: {
      const sentence = worded(detail);
      const way = worded(wayOut).trim();
      return { message: `${sentence}${way ? `. ${way.replace(/\.$/, "")}` : ""}`, isUsage };
    }
  }
}
