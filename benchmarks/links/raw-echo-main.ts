/** A process that echoes through a bare socket: `zeromq` or `websocket`, and the address. */
import { WebSocket } from 'ws'
import { Dealer } from 'zeromq'

const peers: Record<string, (address: string) => Promise<void> | void> = {
  async zeromq(address) {
    const dealer = new Dealer({ sendHighWaterMark: 0, sendTimeout: 0 })
    dealer.connect(address)
    await dealer.send('ready')
    // Orphaned, it would wait for ever.
    dealer.events.on('disconnect', () => process.exit())
    for await (const message of dealer) await dealer.send(message)
  },
  websocket(address) {
    const socket = new WebSocket(address, { perMessageDeflate: false })
    socket.on('message', (data) => socket.send(data as Buffer))
    socket.on('close', () => process.exit())
  },
}

const [kind = '', address = ''] = process.argv.slice(2)
await peers[kind]?.(address)
