/** What the bundle for browsers has for Node's `setImmediate`: `setTimeout` would be held up for 4 ms when it is used in turn. */
const { port1, port2 } = new MessageChannel()
const waiting: (() => void)[] = []
Object.assign(port1, { onmessage: () => waiting.shift()?.() })

export function setImmediate(callback: () => void): void {
  waiting.push(callback)
  port2.postMessage(undefined)
}
