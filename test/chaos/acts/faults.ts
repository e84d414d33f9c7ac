import { serverUser } from "../../../engines/user";
import { cutOff, whyNoFirewall } from "../firewall";
import { holdServer, killServer, startServer } from "../servers";
import { pause, sitesNow } from "../stage";
import { ended, type Act } from "./act";

/** Faults that nobody answers by a failover. */
export const FAULTS: readonly Act[] = [
  {
    name: "kill-live-server",
    weight: 2,
    async play({ system, operator, ...stage }, random) {
      const { live } = await sitesNow({ system, operator, ...stage });
      await killServer(system, live);
      if (random.next() < 0.7) await startServer(system, live);
      await pause(random.between(0, 1_000));
      return ended(await operator.up(live));
    },
  },
  {
    name: "kill-replica",
    weight: 2,
    async play({ system, operator, ...stage }, random) {
      const { other } = await sitesNow({ system, operator, ...stage });
      await killServer(system, other);
      await pause(random.between(0, 1_500));
      return ended(await operator.up(other));
    },
  },
  {
    name: "hang-live-server",
    weight: 1,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      const release = holdServer(stage.system, live);
      await pause(random.between(300, 3_000));
      release?.();
      return "went on";
    },
  },
  {
    name: "cut-off-replica",
    weight: 2,
    missing: whyNoFirewall,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      const heal = cutOff({
        ...{ address: stage.system.address(live), port: stage.system.port, from: serverUser().uid },
      });
      await pause(random.between(500, 4_000));
      heal();
      return "healed";
    },
  },
];
