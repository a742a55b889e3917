// The names and values of the driver's defaults.

import type { DistanceMetric } from './types.ts'

export const DEFAULT_VECTOR_DIMENSION = 384
export const DEFAULT_DISTANCE_METRIC: DistanceMetric = 'cosine'
export const DEFAULT_TENANT = 'sys'
export const DEFAULT_DATABASE = 'test'
export const DEFAULT_PORT = 2881
export const DEFAULT_USER = 'root'
export const DEFAULT_CHARSET = 'utf8mb4'
export const DEFAULT_COLLATION = 'utf8mb4_general_ci'
/** The database of an admin client; it holds no collections. */
export const ADMIN_DATABASE = 'information_schema'
/** Where `Client()` and `AdminClient()` without a path put their store, relative to the working directory. */
export const DEFAULT_PATH = 'seekdb.db'
