/** What is asked of Slurm, and how its answers are read: without one. `test/system/slurm.test.ts` has one. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { reachableAddress } from '../../../cluster/launchers/reachable-address.ts'
import { jobScript } from '../../../cluster/launchers/slurm/job-script.ts'
import { phaseOf, readJobs } from '../../../cluster/launchers/slurm/job-state.ts'
import { slurmLauncher } from '../../../cluster/launchers/slurm/slurm.ts'
import { slurmSettings } from '../../../cluster/launchers/slurm/slurm-options.ts'
import { WaitReasons } from '../../../cluster/launchers/slurm/wait-reasons.ts'

const program = {
  node: '/opt/node 20/bin/node',
  command: "/shared/o'neill/main.js",
  connectionFile: '/shared/.yardmaster/slurm/yardmaster-mine-1/connection.json',
  concurrency: 2,
  reconnectMs: 30_000,
}
const seats = [
  { name: 'slurm-0', launch: 'abc.1' },
  { name: 'slurm-1', launch: 'abc.2' },
]

describe('the script of a job array', () => {
  it('is shown with the command that gets it', async () => {
    const { preview } = slurmLauncher({ folder: '/shared' })
    const cluster = { cluster: 'mine', concurrency: 1, reconnectMs: 30_000 }
    expect(await preview?.({ ...cluster, seats })).toContain(
      `#!/bin/sh
# It is given to: sbatch --parsable --array=0-1 --output=/shared/yardmaster-mine-ID/%A_%a.log
#SBATCH --job-name=yardmaster-mine-ID
`,
    )
    expect(await preview?.({ ...cluster, seats: [] })).toBe('# Nothing: there are no engines to start\n')
  })

  it('has an engine for each place, and every option', () => {
    const settings = slurmSettings({
      partition: 'main',
      time: 90,
      account: 'physics',
      cpus: 4,
      memory: '4G',
      sbatch: ['--gres=gpu:1', '#SBATCH --qos=high'],
      setup: 'module load nodejs',
    })
    expect(jobScript('yardmaster-mine-1', seats, settings, program)).toBe(`#!/bin/sh
#SBATCH --job-name=yardmaster-mine-1
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --no-requeue
#SBATCH --partition=main
#SBATCH --time=90
#SBATCH --account=physics
#SBATCH --mem=4G
#SBATCH --gres=gpu:1
#SBATCH --qos=high
module load nodejs
case "$SLURM_ARRAY_TASK_ID" in
0) name='slurm-0' launch='abc.1' ;;
1) name='slurm-1' launch='abc.2' ;;
esac
exec '/opt/node 20/bin/node' '/shared/o'\\''neill/main.js' 'engine' '--quiet' '--kind' 'slurm' '--file' '/shared/.yardmaster/slurm/yardmaster-mine-1/connection.json' '--concurrency' '2' '--reconnect' '30000' --engine-name "$name" --launch "$launch" --host "$SLURMD_NODENAME" --job "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
`)
  })

  it('hands on the module that sets up tracing', () => {
    const script = jobScript('j', seats, slurmSettings({}), { ...program, tracing: 'file:///shared/otel.mjs' })
    expect(script).toContain(" '--tracing' 'file:///shared/otel.mjs' --engine-name")
  })

  it('gives an engine its own name, whatever stands in it', () => {
    const names = ["it's", '$(exit 1)', '"a" `b` \\']
    const odd = names.map((name, i) => ({ name, launch: String(i) }))
    const script = jobScript('j', odd, slurmSettings({ node: '/bin/echo' }), { ...program, node: '/bin/echo' })
    const said = names.map((_, i) =>
      execFileSync('sh', ['-c', script], {
        encoding: 'utf8',
        env: { SLURM_ARRAY_TASK_ID: String(i), SLURM_ARRAY_JOB_ID: '7', SLURMD_NODENAME: 'node17' },
      }),
    )
    expect(
      said.map((text) => /--engine-name (.*) --launch (\d) --host node17 --job (\S+)$/m.exec(text)?.slice(1)),
    ).toEqual(names.map((name, i) => [name, String(i), `7_${i}`]))
  })
})

it.each([
  [{ partition: 'a b' }, 'partition'],
  [{ time: '1\n#SBATCH --uid=0' }, 'time'],
  [{ account: '-x' }, 'account'],
  [{ cpus: 0 }, 'cpus'],
  [{ sbatch: 'gres=gpu' }, 'sbatch'],
  [{ sbatch: ['--a\n--b'] }, 'sbatch'],
  [{ setup: 3 }, 'setup'],
  [{ folder: 'relative' }, 'folder'],
  [{ folder: '/with/%j' }, 'folder'],
  [{ pollMs: 5 }, 'pollMs'],
  [{ submit: 'yes' }, 'submit'],
])('refuses %j, and names the option', (options, name) => {
  expect(() => slurmSettings(options)).toThrow(
    expect.objectContaining({ code: 'YM_CONFIGURATION', message: expect.stringContaining(`option ${name} of`) }),
  )
})

it('reads what squeue prints', () => {
  const printed = `12_0 RUNNING [node17] None
12_1 PENDING [] Resources
12_2 PENDING [] ReqNodeNotAvail, UnavailableNodes:node[1-3]
12_3 COMPLETING [node18] None
13_0 TIMEOUT [node18] TimeLimit
13_1 NEWLY_INVENTED [node18] None
slurm_load_jobs error: nonsense
`
  const jobs = readJobs(printed)
  expect(jobs.map((job) => [job.id, job.host, job.reason, phaseOf(job)])).toEqual([
    ['12_0', 'node17', 'None', 'running'],
    ['12_1', undefined, 'Resources', 'waiting'],
    ['12_2', undefined, 'ReqNodeNotAvail, UnavailableNodes:node[1-3]', 'waiting'],
    ['12_3', 'node18', 'None', 'running'],
    ['13_0', 'node18', 'TimeLimit', 'failed'],
    ['13_1', 'node18', 'None', 'running'],
  ])
})

it('says each reason of a wait once, for all jobs that have it, and again after none had it', () => {
  const said: string[] = []
  const waits = new WaitReasons((level, message) => said.push(`${level} ${message}`))
  const jobs = (reason: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: `1_${i}`, state: 'PENDING', host: undefined, reason }))
  waits.tell(jobs('Priority', 5))
  waits.tell([...jobs('Priority', 2), ...jobs('PartitionTimeLimit', 1), ...jobs('None', 1)])
  waits.tell([])
  waits.tell(jobs('Priority', 1))
  expect(said).toEqual([
    'info 5 engines wait in Slurm: Priority (job 1_0, 1_1, 1_2 and 2 more)',
    'warn 1 engine waits in Slurm: PartitionTimeLimit (job 1_0); that may not end by itself',
    'info 1 engine waits in Slurm: Priority (job 1_0)',
  ])
})

it('a listener at all addresses is reached by the name of its machine, others as they are', () => {
  const cases = [
    ['wss://0.0.0.0:4100', 'login1', 'wss://login1:4100'],
    ['tcps://[::]:4100', 'login1', 'tcps://login1:4100'],
    ['ws://0.0.0.0:1', 'fe80::1', 'ws://[fe80::1]:1'],
    ['wss://10.0.0.1:4100', 'login1', 'wss://10.0.0.1:4100'],
    ['ws://0.0.0.0.example:1', 'login1', 'ws://0.0.0.0.example:1'],
  ] as const
  for (const [address, host, reached] of cases) expect(reachableAddress(address, host)).toBe(reached)
})
