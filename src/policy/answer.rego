

unknown contains entry if some entry in []

stagegate_answer := [deny, unknown]
