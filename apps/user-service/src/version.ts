/** The version of the service and of its API description; package.json has the same, a spec compares them. */
export const VERSION = '0.1.0';
