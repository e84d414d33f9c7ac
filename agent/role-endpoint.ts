import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { newestEpoch } from "../engines/postgres/epoch";
import { connected, type Endpoint } from "../engines/postgres/sql";

/** A site's role endpoint: 200 only while its databases take writes and their newest epoch is this site's own. */
interface Config {
  readonly site: string;
  readonly address: string;
  readonly port: number;
  readonly health: string;
  readonly databases: readonly Endpoint[];
}

async function isLive({ site, databases }: Config): Promise<boolean> {
  const live = databases.map((database) =>
    connected({ ...database, timeoutMs: 1_000, withinMs: 3_000 }, async (client) => {
      // On for a standby, and for a writer that was fenced.
      const { rows } = await client.query<{ refuses: boolean }>(
        "select current_setting('transaction_read_only')::boolean as refuses",
      );
      return !rows[0]!.refuses && (await newestEpoch(client))?.site === site;
    }).catch(() => false),
  );
  return (await Promise.all(live)).every(Boolean);
}

const config = JSON.parse(readFileSync(process.env.DR_CONFIG!, "utf8")) as Config;

createServer((request, response) => {
  if (new URL(request.url!, "http://site").pathname !== config.health) return void response.writeHead(404).end();
  void isLive(config).then((live) => {
    response.writeHead(live ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify({ site: config.site, live }));
  });
}).listen(config.port, config.address);
process.on("SIGTERM", () => process.exit(0));
