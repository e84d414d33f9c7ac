import * as acm from "@pulumi/aws/acm";
import * as route53 from "@pulumi/aws/route53";
import type { Plan } from "../../plan";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { siteNameOf, tagsOf, type Place } from "./place";

/** The site's certificate for the failover name, its aliases and its own name. Each site has one before it is needed. */
export function makeCertificate(
  name: string,
  site: SiteArgs,
  { region }: Place,
  dns: Plan["dns"] & { readonly zoneId: string },
  parent: pulumi.ComponentResource,
): pulumi.Output<string> {
  const { zone, zoneId } = dns;
  const names = [dns.name, siteNameOf(dns, site.name), ...dns.aliases];
  const outside = names.find((one) => one !== zone && !one.endsWith(`.${zone}`));
  if (outside !== undefined)
    throw new pulumi.ResourceError(
      `dns.aliases must lie in dns.zone (${zone}) on aws, where their certificate is proven; got ${outside}`,
      parent,
      true,
    );

  const certificate = new acm.Certificate(
    name,
    {
      ...{ region, domainName: names[0]!, subjectAlternativeNames: names.slice(1), validationMethod: "DNS" },
      tags: tagsOf(site, "certificate"),
    },
    { parent },
  );
  const proofs = names.map((one, index) => {
    const proof = certificate.domainValidationOptions.apply((all) => all.find((of) => of.domainName === one)!);
    return new route53.Record(
      index === 0 ? name : `${name}-${one.replaceAll(".", "-")}`,
      {
        ...{ zoneId, name: proof.resourceRecordName, type: proof.resourceRecordType, ttl: 300 },
        records: [proof.resourceRecordValue],
        // An account has one such record for a name: both sites need it, and neither takes it from the other.
        allowOverwrite: true,
      },
      { parent, retainOnDelete: true },
    );
  });
  const valid = new acm.CertificateValidation(
    name,
    { region, certificateArn: certificate.arn, validationRecordFqdns: proofs.map(({ fqdn }) => fqdn) },
    { parent },
  );
  return valid.certificateArn;
}
