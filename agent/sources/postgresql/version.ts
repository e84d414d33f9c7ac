import { binaries } from "../../../engines/postgres/binaries";

/**
 * The major version of a server (`server_version_num`). Throws if it is another than that of this machine's tools: what they
 * back up could not be proven here.
 */
export function sameMajor(source: string, serverVersion: number): number {
  const major = Math.floor(serverVersion / 10_000);
  refuseOther(
    source,
    major,
    "this machine's tools are",
    binaries().version,
    "what is backed up could not be proven here",
  );
  return major;
}

/** Throws if a tool is of another major version than the server, and why that is bad. */
export function refuseOther(source: string, server: number, tool: string, version: number, why: string): void {
  if (version !== server)
    throw new Error(
      `${source}: the server is PostgreSQL ${server} and ${tool} ${version}: ${why}. Install PostgreSQL ${server}`,
    );
}
