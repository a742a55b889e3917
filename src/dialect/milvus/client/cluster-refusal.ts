// What methods say that need a cluster: loaded with the first call of one.

import { UnsupportedError } from '../../../error/index.ts'
import { wrongCall } from '../errors.ts'
import type { ERROR_REASONS } from '../reasons.ts'

type Needed = readonly [field: string, reason: keyof typeof ERROR_REASONS]

const COLLECTION: Needed = ['collection_name', 'COLLECTION_NAME_IS_REQUIRED']
const USER: readonly Needed[] = [['username', 'USERNAME_IS_REQUIRED']]
const PASSWORDS: readonly Needed[] = [
  ['username', 'USERNAME_PWD_ARE_REQUIRED'],
  ['newPassword', 'USERNAME_PWD_ARE_REQUIRED'],
  ['oldPassword', 'USERNAME_PWD_ARE_REQUIRED'],
]

/** Parameters that the SDK requires before it asks a server, in the order it checks them. */
const NEEDED: Readonly<Record<string, readonly Needed[]>> = {
  loadBalance: [['src_nodeID', 'LOAD_BALANCE_CHECK_PARAMS']],
  getReplicas: [['collectionID', 'COLLECTION_ID_IS_REQUIRED']],
  describeReplicas: [['collectionID', 'COLLECTION_ID_IS_REQUIRED']],
  bulkInsert: [COLLECTION, ['files', 'IMPORT_FILE_CHECK']],
  listImportTasks: [COLLECTION],
  createUser: [
    ['username', 'USERNAME_PWD_ARE_REQUIRED'],
    ['password', 'USERNAME_PWD_ARE_REQUIRED'],
  ],
  updateUser: PASSWORDS,
  updatePassword: PASSWORDS,
  deleteUser: USER,
  dropUser: USER,
  alterCollectionSchema: [
    COLLECTION,
    ['field', 'FUNCTION_FIELD_SCHEMA_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  addFunctionField: [
    ['field', 'FUNCTION_FIELD_SCHEMA_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  addCollectionFunction: [COLLECTION, ['function', 'FUNCTION_SCHEMA_IS_REQUIRED']],
  alterCollectionFunction: [
    COLLECTION,
    ['function_name', 'FUNCTION_NAME_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  dropCollectionFunction: [COLLECTION, ['function_name', 'FUNCTION_NAME_IS_REQUIRED']],
  dropFunctionField: [COLLECTION, ['function_name', 'FUNCTION_NAME_IS_REQUIRED']],
}

/** Why the method `name` does nothing: a parameter is missing, or the feature. */
export function clusterRefusal(name: string, feature: string, data?: Record<string, unknown>): Error {
  for (const [field, reason] of NEEDED[name] ?? []) if (!data?.[field]) return wrongCall(reason)
  return new UnsupportedError(`${name}: ${feature} need a Milvus server; in process there are none`, {
    details: { dialect: 'milvus', feature: name },
  })
}
