const LONGEST_MS = 60_000;

/** Asks a service to fill its cache again: an empty one is slower than none is expected to be. */
export async function warmUp(url: string, token?: string): Promise<void> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method: "POST", headers, signal: AbortSignal.timeout(LONGEST_MS) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the cache was not warmed: ${new URL(url).pathname} answered ${answer.status}`);
}
