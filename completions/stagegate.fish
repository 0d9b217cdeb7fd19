complete --keep-order --exclusive --command stagegate --arguments "(STAGEGATE_COMPLETE=fish stagegate -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
