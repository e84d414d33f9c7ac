import * as pulumi from "../provider/pulumi";
import type { Platform } from "../components/contract";

// Each is loaded only when it is asked for: a cloud's SDK costs seconds that a recovery does not have.
const platforms: Record<string, () => Platform> = {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a static import would load every platform
  local: () => require("../components/local") as Platform,
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  aws: () => require("../components/aws") as Platform,
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  azure: () => require("../components/azure") as Platform,
};

/** What a platform needs that a library does not bring, because nobody needs all of them: an optional peer dependency. */
const SDKS: Record<string, string> = { aws: "@pulumi/aws@^7.48.0", azure: "@pulumi/azure-native@^3.28.0" };

/** The components of a platform. Throws for one that is not built, or whose SDK is not installed. */
export function platformNamed(name: string): Platform {
  const load = Object.hasOwn(platforms, name) ? platforms[name] : undefined;
  if (!load)
    throw new pulumi.RunError(
      `dr:platform must be ${Object.keys(platforms).join(" or ")}, which are built so far; got ${name}`,
    );
  try {
    return load();
  } catch (error) {
    const sdk = SDKS[name];
    if (sdk === undefined || !isMissing(error, sdk)) throw error;
    throw new pulumi.RunError(`platform ${name} needs ${sdk}, which is not installed; npm install --save-exact ${sdk}`);
  }
}

/** Whether the package itself is not there: of one that is there, a file that it lacks is another fault. */
const isMissing = (error: unknown, sdk: string) => {
  const { code, message } = error as NodeJS.ErrnoException;
  const [name] = /^@[^@]+/.exec(sdk)!;
  return code === "MODULE_NOT_FOUND" && message.startsWith(`Cannot find module '${name}/`);
};
