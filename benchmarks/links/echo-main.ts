/** A process that connects to the address it is given, and echoes. */
import { transportFor } from '../../transports/connect.ts'
import { benchmarkKey, echo } from './pipes.ts'

const address = process.argv[2] as string
echo(await (await transportFor(address)).connect(address, { key: benchmarkKey }))
