/** Where each region's API is answered, and that of services without a region: told by the test, for nothing is looked up. */
export interface Addresses {
  readonly regions: Readonly<Record<string, string>>;
  readonly global: string;
}

const told = process.env.DR_STANDIN_AWS;
if (told === undefined) throw new Error("DR_STANDIN_AWS must hold the addresses of a stand-in for AWS; it is not set");
const addresses = JSON.parse(told) as Addresses;

// Neither a profile of whoever runs the tests, nor a word about Node that is none of theirs.
Object.assign(process.env, { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" });
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };

/** What a client is made with. */
const at = (region: string, endpoint: string) => ({ region, endpoint, credentials, maxAttempts: 2 });

/** @param region None of a service that has none. */
export function addressOf(region: string | undefined): string {
  const address = region === undefined ? addresses.global : addresses.regions[region];
  if (address === undefined) throw new Error(`the stand-in for AWS has no region ${region}`);
  return address;
}

/** A signature that nobody checks: it says whom a call is for. */
export const signedAs = (service: string, region = "us-east-1") =>
  `AWS4-HMAC-SHA256 Credential=testing/20260101/${region}/${service}/aws4_request, Signature=none`;

/** One client for each region, made when it is first needed. */
export function perRegion<Client>(make: (config: ReturnType<typeof at>) => Client): (region: string) => Client {
  const made = new Map<string, Client>();
  return (region) => {
    const client = made.get(region) ?? make(at(region, addressOf(region)));
    made.set(region, client);
    return client;
  };
}

/** A client of what has no region: its control plane is in us-east-1. */
export const global = <Client>(make: (config: ReturnType<typeof at>) => Client): Client =>
  make(at("us-east-1", addresses.global));
