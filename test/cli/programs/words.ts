import { join } from 'node:path'

export default (line: string): number => join(line).split(' ').length
