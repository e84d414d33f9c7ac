import { runningPid } from "../../../engines/postgres/cluster";
import type { Server } from "../servers";
import type { System } from "../system";
import { pause, type Fault } from "./fault";

/** PostgreSQL dies in the middle of everything; an operator brings it back as the README says. */
export const killPostgres: Fault = {
  name: "kill-postgres",
  lane: "process",
  inject({ system, holds }) {
    const release = holds.tryHold("up");
    const pid = runningPid(system.postgres.folder);
    if (!release || pid === undefined) {
      release?.();
      return Promise.resolve(undefined);
    }
    process.kill(pid, "SIGKILL");
    return Promise.resolve({
      what: `process ${pid}`,
      tells: ({ text }) =>
        /postgres/i.test(text) && /ECONN|does not answer|databaseDown|terminat|starting up/.test(text),
      lasts: 10,
      async heal() {
        const { code, output } = await system
          .run("pulumi", "up", "--stack", "prod", "--yes", "--skip-preview", "--refresh")
          .finally(release);
        if (code !== 0) throw new Error(output.slice(-2_000));
      },
      proof: [{ source: "postgres" }],
    });
  },
};

const tellsOf = (name: string) => new RegExp(`"source":"${name}"`);

const held = (name: "mongo" | "redis", of: (system: System) => Server): Fault => ({
  name: `hold-${name}`,
  lane: "process",
  inject({ system }) {
    const server = of(system);
    server.hold();
    return Promise.resolve({
      what: `${name} answers nobody`,
      tells: ({ text }) => tellsOf(name).test(text),
      lasts: 20,
      // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to be a rejection
      heal: async () => server.release(),
      proof: [{ source: name }],
    });
  },
});

const restarted = (name: "mongo" | "redis", of: (system: System) => Server): Fault => ({
  name: `restart-${name}`,
  lane: "process",
  async inject({ system }) {
    const server = of(system);
    await server.stop();
    return {
      what: `${name} is down for a moment`,
      tells: ({ text }) => tellsOf(name).test(text),
      async heal() {
        await pause(3_000);
        await server.start();
      },
      proof: [{ source: name }],
    };
  },
});

export const holdMongo = held("mongo", ({ mongo }) => mongo);
export const holdRedis = held("redis", ({ redis }) => redis);
export const restartMongo = restarted("mongo", ({ mongo }) => mongo);
export const restartRedis = restarted("redis", ({ redis }) => redis);
