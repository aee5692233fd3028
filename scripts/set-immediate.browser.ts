/** What the bundle for browsers has for Node's `setImmediate`: `setTimeout` would be held up for 4 ms when it is used in turn. */
let channel: InstanceType<typeof MessageChannel> | undefined
const waiting: (() => void)[] = []

export function setImmediate(callback: () => void): void {
  channel ??= opened()
  waiting.push(callback)
  channel.port2.postMessage(undefined)
}

function opened(): InstanceType<typeof MessageChannel> {
  const made = new MessageChannel()
  Object.assign(made.port1, { onmessage: () => waiting.shift()?.() })
  return made
}
