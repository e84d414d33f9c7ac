/** Names of the plan and of its one database, which is both the entry of its data and the database in it. */
export const PLAN = "cotai";
export const DATABASE = "postgres";
export const NAME = "app.cotai.test";
export const SITES = ["prod", "dr"] as const;
export type Site = (typeof SITES)[number];

export const otherThan = (site: Site): Site => (site === "prod" ? "dr" : "prod");

/** The least that fails over: one database with a replica, its archive, one name. */
export const chaosPlan = () => `
name: ${PLAN}
rehearsal: true
sites:
  prod: { platform: local }
  dr: { platform: local }
objectives:
  full: { rto: 4h, rpo: 1h }
data:
  ${DATABASE}:
    engine: postgresql
    database: ${PLAN}
    replica: streaming
    replicaLag: 30s
    backup: { full: "0 2 * * *", archive: continuous }
storage: { local: true, redundancy: geo }
services:
  backend: { port: 8000, health: /health, restart: always, uses: [${DATABASE}] }
dns: { zone: cotai.test, name: ${NAME}, ttl: 5s }
failover: { mode: manual, authority: [primary] }
people:
  contacts:
    primary: { name: The tester, phone: TODO, email: TODO }
`;
