import * as ecr from "@pulumi/aws/ecr";
import type * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { arnOf, farEnd, tagsOf, type Place } from "./place";

/** An image as a site pulls it, and its repository where it is one of the site's own. */
export interface Image {
  readonly address: string;
  readonly repository?: string;
  /** What may pull it; undefined for a registry that asks nobody. */
  readonly repositoryArn?: string;
}

/**
 * An image of the plan as this site pulls it: one in ECR is pulled from the site's own region, because the other's may be
 * gone with it. Any other is pulled as the plan names it.
 *
 * @example imageAt("111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.2", dublin) // ...eu-west-1.amazonaws.com/shop/web:1.2
 */
export function imageAt(image: string, here: Place): Image {
  const [, account, suffix, repository, version] =
    /^(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.(amazonaws\.com(?:\.cn)?)\/([^:@]+)([:@].+)?$/.exec(image) ?? [];
  if (account !== here.account || !suffix || !repository) return { address: image };
  return {
    address: `${account}.dkr.ecr.${here.region}.${suffix}/${repository}${version ?? ""}`,
    repository,
    repositoryArn: arnOf(here, "ecr", `repository/${repository}`),
  };
}

/** The site's own repository of an image, with the newest versions to go back to. It outlives the stack. */
export function makeRepository(
  name: string,
  site: SiteArgs,
  { here, repository, imagesKept }: { here: Place; repository: string; imagesKept: number },
  parent: pulumi.ComponentResource,
): ecr.Repository {
  const { region } = here;
  const made = new ecr.Repository(
    name,
    {
      ...{ region, name: repository, forceDelete: false, tags: tagsOf(site, name) },
      // What was tested is what is deployed, and what a tag of the plan means at both sites.
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS" }],
    },
    { parent, retainOnDelete: true, protect: true },
  );
  const rule = {
    ...{ rulePriority: 1, description: `keep ${imagesKept} versions`, action: { type: "expire" } },
    selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: imagesKept },
  };
  new ecr.LifecyclePolicy(
    name,
    { region, repository: made.name, policy: JSON.stringify({ rules: [rule] }) },
    { parent, retainOnDelete: true },
  );
  return made;
}

/**
 * Has ECR copy each image of the plan's repositories (`<plan>/...`) to the other region when it is pushed. A region of an account
 * has one such setting: rules that others made there are replaced. The first image is pushed when both sites are up, for
 * else ECR makes a repository there that is nobody's.
 */
export function makeImageCopies(
  name: string,
  site: SiteArgs,
  { here, far }: { readonly here: Place; readonly far: Place },
  parent: pulumi.ComponentResource,
): void {
  const rule = {
    destinations: [{ region: far.region, registryId: far.account }],
    repositoryFilters: [{ filter: `${site.plan}/`, filterType: "PREFIX_MATCH" }],
  };
  // While the other region is lost it stays as it is: ECR goes on when that is back.
  new ecr.ReplicationConfiguration(
    name,
    { region: here.region, replicationConfiguration: { rules: [rule] } },
    farEnd(site, parent, name),
  );
}
