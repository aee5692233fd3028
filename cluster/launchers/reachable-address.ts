/** The address at which another machine reaches a listener: one that listens at all addresses of its machine is found by that machine's name. */
export function reachableAddress(address: string, host: string): string {
  return address.replace(/^(\w+:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, (_, scheme: string) => scheme + bracketed(host))
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
