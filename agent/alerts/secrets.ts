import type { ReadSecret } from "../secrets";

export type { ReadSecret } from "../secrets";

/** The secret, or an error that says how to set it. */
export function need(secret: ReadSecret, name: string): string {
  const value = secret(name)?.trim();
  if (!value) throw new Error(`secret ${name} is not set; put it in the environment, or in a file of that name`);
  return value;
}

/** The secret as a web address, or an error that does not show it. */
export function needAddress(secret: ReadSecret, name: string): URL {
  const value = need(secret, name);
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value))
    throw new Error(`secret ${name} must be a web address that starts with https:// or http://`);
  return new URL(value);
}
