import { readConfig } from "./config";
import { dns } from "./dns";
import { warnOfDrills } from "./drills";
import { site } from "./site";

const config = readConfig();
if (config.kind === "site") warnOfDrills(config, process.cwd());

export = config.kind === "dns" ? dns(config) : site(config);
