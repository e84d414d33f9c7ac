import { addressOf, signedAs } from "./clients";

/**
 * Asks in `aws:region` who the caller is, as the vendor's plugin does before all else, and refuses another account: where that
 * region is gone, nothing of the stack can be changed.
 */
export async function refuseOtherAccounts(): Promise<void> {
  const { region, allowedAccountIds = "[]" } = JSON.parse(process.env.PULUMI_CONFIG ?? "{}") as Record<string, string>;
  if (!region) throw new Error("aws:region must be set");
  const answer = await fetch(addressOf(region), {
    ...{ method: "POST", body: "Action=GetCallerIdentity&Version=2011-06-15" },
    headers: { authorization: signedAs("sts", region), "content-type": "application/x-www-form-urlencoded" },
  });
  const account = /<Account>(\d+)</.exec(await answer.text())?.[1];
  const allowed = JSON.parse(allowedAccountIds) as readonly string[];
  if (!account || !allowed.includes(account))
    throw new Error(`aws:allowedAccountIds must hold the account that answers, ${account}; got ${allowedAccountIds}`);
}
