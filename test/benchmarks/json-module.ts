/** A transport of a user's own, as a module that registers it. */
import { registerTransport } from 'yardmaster/transports'
import { jsonTransport } from '../transports/json-transport.ts'

registerTransport(jsonTransport)
