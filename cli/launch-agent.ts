import { Command } from 'commander'
import { runAgent } from '../cluster/launchers/ssh/agent.ts'
import { version } from './version.ts'

/** For the ssh launcher of another machine, and not for people: it speaks to its stdin and stdout. */
export function launchAgentCommand(): Command {
  return new Command('launch-agent')
    .description('Starts engines on this machine for a cluster on another. Its launcher runs this, by ssh.')
    .action(() => runAgent(process.stdin, process.stdout, version()))
}
