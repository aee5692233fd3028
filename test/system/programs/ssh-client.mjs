/** Connects to a cluster by way of ssh, says so, then waits for its end: `node ssh-client.mjs ADDRESS exit|wait`. */
import { Client } from 'yardmaster'

const [address, ending] = process.argv.slice(2)
const client = await Client.connect(JSON.parse(address))
console.log(JSON.stringify(await client.loadBalancedView().map((x) => x * x, [1, 2, 3])))
if (ending === 'exit') process.exit()
