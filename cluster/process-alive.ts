import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Whether the process runs. One that has ended does not, although its parent may never ask how: so it is in containers. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It may run, and belong to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  // `PID (COMMAND) STATE …`; the command may have brackets of its own.
  return !/^.*\) [ZX]/s.test(procFile(pid, 'stat') ?? '')
}

/** Whether the process has ended within `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs
  while (isAlive(pid)) {
    if (performance.now() > giveUpAt) return false
    await sleep(20)
  }
  return true
}

/** Whether the process calls itself Yardmaster: the system may have given a dead one's number to a stranger. */
export async function isYardmaster(pid: number): Promise<boolean> {
  const command = procFile(pid, 'cmdline') ?? (await commandFromPs(pid))
  return command.includes('yardmaster')
}

/** What Linux tells of a process, where `ps` may not be installed; undefined on other systems. */
function procFile(pid: number, name: 'stat' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

async function commandFromPs(pid: number): Promise<string> {
  try {
    return (await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout
  } catch {
    return ''
  }
}
