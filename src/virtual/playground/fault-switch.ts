/**
 * Which of the planted faults is in force: none of them in the source, any one in a page whose build has put them all
 * in. See `webui/playground/faults.ts`.
 */
export const faultSwitch: { name: string | undefined } = { name: undefined };
