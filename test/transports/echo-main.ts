/** A process that connects to the address in its arguments and sends back whatever comes. */
import { transportFor } from '../../transports/connect.ts'

const address = process.argv[2] as string
const connection = await (await transportFor(address)).connect(address, { key: new Uint8Array(32).fill(7) })
connection.open({
  onMessage: (frames) => void connection.send(frames),
  onClose: () => process.exit(),
})
