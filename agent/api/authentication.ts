import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "./problem";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Fewer could be guessed. */
const MIN_TOKEN = 16;

/**
 * Checks a request's `Authorization` header against the token. Both are hashed first and the hashes compared in constant time,
 * so that the answer's timing tells nothing, not even the token's length.
 */
export function authenticate(token: string): (header: string | undefined) => void {
  if (token.trim().length < MIN_TOKEN)
    throw new Error(
      `the API's token must have ${MIN_TOKEN} characters or more; make one with: openssl rand -base64 32`,
    );
  const expected = digest(token.trim());
  return (header) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
    if (timingSafeEqual(digest(given ?? ""), expected)) return;
    throw new Problem(
      401,
      "not-authorized",
      given === undefined ? "the request has no bearer token" : "the bearer token is not this agent's",
      "Send the header Authorization: Bearer <token>, with the value of the secret that the plan's api.token names.",
      { headers: { "www-authenticate": 'Bearer realm="pulumi-dr"' } },
    );
  };
}
