import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Addresses } from "./clients";

/** A request as it came to a region's door. */
export interface Asked {
  readonly door: string;
  /** `s3 PUT /bucket?versioning`, `rds CreateDBInstance`, `recorded create aws:ec2/vpc:Vpc`; answered or not. */
  readonly what: string;
}

/** One region's API each, before one moto: what comes is written down, and a region can be lost. */
export interface Doors {
  readonly addresses: Addresses;
  /** All that came, in order. */
  readonly asked: readonly Asked[];
  /** Calls that were signed for another region than the one that they came to. */
  readonly refused: () => readonly Asked[];
  /** From now on nothing is answered there: each connection is cut. */
  readonly lose: (door: string) => void;
  readonly open: (door: string) => void;
  readonly close: () => void;
}

/** Services without a region; whoever calls them signs for us-east-1. */
export const GLOBAL = "global";

/** The service of calls that nobody makes: they are written down, and go no further. */
export const RECORDED = "recorded";

export async function openDoors(moto: string, regions: readonly string[]): Promise<Doors> {
  const asked: Asked[] = [];
  const refused: Asked[] = [];
  const lost = new Set<string>();
  const servers: Server[] = [];
  const openDoor = async (door: string): Promise<string> => {
    const server = createServer((from, to) => {
      const body: Buffer[] = [];
      from.on("data", (chunk: Buffer) => body.push(chunk));
      from.on("end", () => {
        const said = Buffer.concat(body);
        const { service, region } = signedFor(from);
        const call = { door, what: `${service} ${actionOf(from, said)}` };
        asked.push(call);
        if (lost.has(door)) return from.socket.destroy();
        if (region !== (door === GLOBAL ? "us-east-1" : door)) {
          refused.push(call);
          return void to.writeHead(403).end(`signed for ${region}`);
        }
        if (service === RECORDED) return void to.writeHead(200).end();
        const passed = request(moto + from.url, { method: from.method, headers: from.headers }, (answer) => {
          to.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(to);
        });
        passed.on("error", () => from.socket.destroy());
        passed.end(said);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const addresses: Addresses = {
    regions: Object.fromEntries(await Promise.all(regions.map(async (one) => [one, await openDoor(one)] as const))),
    global: await openDoor(GLOBAL),
  };
  return {
    ...{ addresses, asked, refused: () => refused },
    lose: (door) => void lost.add(door),
    open: (door) => void lost.delete(door),
    close: () => servers.forEach((server) => (server.close(), server.closeAllConnections())),
  };
}

/** Whom a request is signed for: `.../<date>/<region>/<service>/aws4_request`. */
function signedFor({ headers }: IncomingMessage) {
  const [, region = "nobody", service = "nobody"] =
    /Credential=[^/]+\/[^/]+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  return { region, service };
}

function actionOf({ headers, method, url }: IncomingMessage, body: Buffer): string {
  const target = headers["x-amz-target"] as string | undefined;
  if (target) return target.split(".").pop()!;
  return /(?:^|&)Action=([A-Za-z0-9]+)/.exec(body.toString("latin1"))?.[1] ?? `${method} ${url}`;
}
