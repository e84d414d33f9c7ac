import { createHmac } from "node:crypto";
import { postJson, type HttpRequest } from "../http";
import type { Message } from "../message";

/**
 * JSON to any address. With a key it is signed as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`, in base64,
 * so that the receiver can tell who sent it and refuse what is replayed.
 */
export function webhookRequest(url: URL, message: Message, key: string | undefined, atMs: number): HttpRequest {
  const request = postJson(url, { version: 1, ...message, facts: Object.fromEntries(message.facts) });
  const timestamp = String(Math.floor(atMs / 1000));
  const identity = { "webhook-id": message.id, "webhook-timestamp": timestamp };
  const signature = key && { "webhook-signature": `v1,${sign(key, `${message.id}.${timestamp}.${request.body}`)}` };
  return { ...request, headers: { ...request.headers, ...identity, ...signature } };
}

/** `whsec_` announces a key in base64; any other key is taken as its own bytes. */
const sign = (key: string, content: string) =>
  createHmac("sha256", key.startsWith("whsec_") ? Buffer.from(key.slice(6), "base64") : key)
    .update(content)
    .digest("base64");
