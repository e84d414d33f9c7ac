import { connected, type Endpoint } from "../../engines/postgres/sql";
import type { Survivor } from "./measure";

/** The outside client's writes of one run that a server holds. */
export const survivorsOf = (endpoint: Endpoint, run: string): Promise<Survivor[]> =>
  connected(endpoint, async (client) => {
    const { rows } = await client.query<{ seq: string; sent_ms: string }>(
      "select seq, sent_ms from dr_heartbeat where run = $1",
      [run],
    );
    return rows.map(({ seq, sent_ms }) => ({ seq: Number(seq), sentMs: Number(sent_ms) }));
  });
