/** A process that connects to the address in its arguments and sends back whatever comes. */
import { transportFor } from 'yardmaster/transports'
import '../../examples/nats-transport/register.ts'

const address = process.argv[2] as string
const connection = await (await transportFor(address)).connect(address)
connection.open({
  onMessage: (frames) => void connection.send(frames),
  onClose: () => process.exit(),
})
