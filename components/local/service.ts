import * as path from "node:path";
import * as pulumi from "../../provider/pulumi";
import { Process } from "../../provider/sdk";
import type * as contract from "../contract";
import { commonsOf, placeOf } from "./place";

/**
 * A process with a health path, restarted when it dies; stopped on a standby site. Where the plan has only an image, the
 * site's role endpoint stands in for it: 200 while the site takes writes.
 */
export class Service extends pulumi.ComponentResource implements contract.Service {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: contract.ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:local:Service", name, args, opts);
    const { site, health, command, image, environment = {}, restart = "always", databases } = args;
    const here = placeOf(site, site.name);
    const { keysFolder, portRegistry } = commonsOf(site);
    if (!command && image) void pulumi.log.info(`the role endpoint stands in for ${image}: local runs no images`, this);

    const service = new Process(
      name,
      {
        ...{
          folder: path.join(here.region, name),
          program: command ? "command" : "role-endpoint",
          restart,
          health,
          environment,
        },
        ...(command ? { command } : {}),
        ...{ address: here.address, portRegistry, portName: name, started: site.activation === "active" },
        config: { site: site.name, databases: databases.map(({ address, port }) => ({ address, port, keysFolder })) },
      },
      { parent: this, dependsOn: [...databases] },
    );

    this.url = service.url;
    this.registerOutputs({ url: this.url });
  }
}
