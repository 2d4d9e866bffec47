// In the functions' bundles this stands in for the SDK's ways to credentials that need a person's files: profiles, SSO,
// commands, token files. Lambda gives credentials in the environment, and the clients behind those ways are an eighth of a
// bundle. Asked for all the same, each says that it has none, and the SDK goes on to the next.
const none = () => async () => {
  throw Object.assign(new Error('Functions take their credentials from the environment'), {
    name: 'CredentialsProviderError',
    tryNextLink: true,
  });
};

export const fromIni = none;
export const fromProcess = none;
export const fromSSO = none;
export const fromTokenFile = none;
