/** Makes `nats:` known in this process: import it, or load it before anything else with `node --import`. */
import { registerTransport } from 'yardmaster/transports'
import { natsTransport } from './nats-transport.ts'

registerTransport(natsTransport())
