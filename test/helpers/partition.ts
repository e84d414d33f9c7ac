import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { connected, type Endpoint } from "../../engines/postgres/sql";

/** The network between a replica and its primary. */
export interface Network {
  /** From now on nothing that either says arrives, and neither is told: packets are dropped, no connection is closed. */
  readonly cut: () => void;
  /** Lets through what is said from now on, and what was waiting. */
  readonly heal: () => void;
  /** Takes this network out again; a replica that answers follows its primary directly. */
  readonly end: () => Promise<void>;
}

/** The two ends of a connection through the network; without a far one it was begun while the network was cut. */
interface Link {
  readonly near: Socket;
  readonly far?: Socket;
}

/**
 * Has a replica follow its primary through a network that can be cut. End it before the replica is promoted: how it follows
 * is in its settings, and a copy of them goes to whoever is made from it.
 */
export async function networkBetween(replica: Endpoint, primary: Endpoint): Promise<Network> {
  const links = new Set<Link>();
  let isCut = false;
  const drop = (link: Link) => {
    links.delete(link);
    link.near.destroy();
    link.far?.destroy();
  };
  const join = (link: Link) => {
    const { near, far } = link;
    if (!far || near.destroyed || far.destroyed) return drop(link); // gone meanwhile, or never got through: it tries again
    near.pipe(far);
    far.pipe(near);
  };
  const part = ({ near, far }: Link) => {
    far?.unpipe(near).pause();
    near.unpipe(far).pause();
  };
  const server = createServer((near) => {
    const link: Link = isCut ? { near } : { near, far: connect(primary.port, primary.address) };
    links.add(link);
    for (const end of [near, link.far]) {
      end?.on("error", () => {}); // told by `close`
      end?.on("close", () => isCut || drop(link));
    }
    if (isCut) part(link);
    else join(link);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  await connected(replica, async (client) => {
    const { rows } = await client.query<{ primary_conninfo: string }>("show primary_conninfo");
    const through = `${rows[0]!.primary_conninfo} host=127.0.0.1 port=${port}`; // of two words the later one counts
    await client.query(`alter system set primary_conninfo = ${client.escapeLiteral(through)}`);
    await client.query("select pg_reload_conf()");
  });
  return {
    cut() {
      isCut = true;
      links.forEach(part);
    },
    heal() {
      isCut = false;
      links.forEach(join);
    },
    async end() {
      await connected(replica, async (client) => {
        await client.query("alter system reset primary_conninfo");
        await client.query("select pg_reload_conf()");
      }).catch(() => {}); // it is gone, and so are its connections
      links.forEach(drop);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
