import { ThreadWorker } from 'poolifier'
import * as work from './work.mjs'

export default new ThreadWorker({ ...work })
