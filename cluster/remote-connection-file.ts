/** The connection file of a cluster on another machine, as a shell there finds and prints it. Nothing of ours has to be installed there. */
import { ConfigurationError } from '../core/errors.ts'
import { type ConnectionFile, checkClusterName, parseConnectionFile } from './connection-file.ts'

/** Which of the clusters of a machine. */
export interface RemoteCluster {
  /** Its name; `default` where neither is given. */
  readonly cluster?: string
  /** Or where its connection file lies there; from the home folder on, unless the path is absolute. */
  readonly file?: string
}

/** What begins a line of the answer: other programs, started by a login, may write, too. */
const mark = '@yardmaster '
export const lastAnswerLine = `${mark}end`

/**
 * A script for any POSIX `sh`. A cluster of that name is sought where one that was started there puts its file: a shell
 * that nobody sits at may lack `$XDG_RUNTIME_DIR`.
 * @throws ConfigurationError for a name or a path that is none
 */
export function printConnectionFile({ cluster = 'default', file }: RemoteCluster): string {
  const seek = file === undefined ? seekByName(checkClusterName(cluster)) : `look ${pathInShell(file)}`
  return `say() { printf '${mark}%s\\n' "$*"; }
look() {
  if [ ! -f "$1" ]; then say "sought $1"; return 1; fi
  if [ ! -r "$1" ]; then say "unreadable $1"; return 0; fi
  mode=$(ls -ldL "$1" | cut -c 1-10)
  say "found $mode $1"
  sed 's/^/${mark}text /' "$1"
  echo
}
${seek}
say end
`
}

function seekByName(name: string): string {
  return `if [ -n "$YARDMASTER_DIR" ]; then
  set -- "$YARDMASTER_DIR"
else
  set -- "/run/user/$(id -u)/yardmaster" "$HOME/.yardmaster"
  if [ -n "$XDG_RUNTIME_DIR" ]; then set -- "$XDG_RUNTIME_DIR/yardmaster" "$@"; fi
fi
for folder in "$@"; do
  if look "$folder/${name}.json"; then break; fi
  for other in "$folder"/*.json; do
    if [ -f "$other" ]; then other=\${other##*/}; say "other \${other%.json}"; fi
  done
done`
}

function pathInShell(path: string): string {
  if (path === '' || /\p{Cc}/u.test(path)) {
    throw new ConfigurationError(`${JSON.stringify(path)} is no path of a connection file`)
  }
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  if (path.startsWith('~/')) return `"$HOME"/${quoted(path.slice(2))}`
  return path.startsWith('/') ? quoted(path) : `"$HOME"/${quoted(path)}`
}

/** What was found, and where. */
export interface RemoteConnectionFile extends ConnectionFile {
  readonly path: string
}

/**
 * Reads what the script printed at `host`.
 * @throws ConfigurationError naming the file, what is wrong with it, and what to do there
 */
export function readAnswer(
  answer: string,
  host: string,
  { cluster = 'default', file }: RemoteCluster,
): RemoteConnectionFile {
  const lines = answer.split('\n').filter((line) => line.startsWith(mark))
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${mark}${word} `)).map((line) => line.slice(mark.length + word.length + 1))
  const [unreadable] = of('unreadable')
  if (unreadable !== undefined) {
    throw new ConfigurationError(
      `the connection file ${unreadable} on ${host} belongs to somebody else: log in as the user who started the cluster`,
    )
  }
  const [, mode = '', path = ''] = /^(\S+) (.*)$/.exec(of('found')[0] ?? '') ?? []
  if (path === '')
    throw missing(host, of('sought'), [...new Set(of('other'))], file === undefined ? cluster : undefined)
  if (!mode.endsWith('------')) {
    throw new ConfigurationError(
      `${path} on ${host} can be read by others (${mode}), and so can the key in it: stop that cluster, remove the file and start again`,
    )
  }
  return { ...parseConnectionFile(of('text').join('\n'), `${path} on ${host}`), path }
}

function missing(host: string, sought: readonly string[], others: readonly string[], name: string | undefined): Error {
  const nameOption = name === undefined || name === 'default' ? '' : ` --name ${name}`
  const found = others.length > 0 ? ` Others are there: ${others.join(', ')}.` : ''
  return new ConfigurationError(
    `there is no connection file ${sought.join(' or ')} on ${host}.${found} Start a cluster there, yardmaster start${nameOption}, or say where its file lies: { ssh: ${JSON.stringify(host)}, file: 'path' }`,
    { details: { host, sought, others } },
  )
}
