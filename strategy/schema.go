package strategy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Schema returns a JSON Schema (draft 2020-12) of scenario and strategy files,
// for editors. It is made of the tables that the parser uses, and refuses
// nothing that Parse accepts; Parse checks more.
func Schema() []byte {
	schema := form{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "chanbot scenario or strategy",
		"if":      form{"required": []string{"sign"}},
		"then":    ref("strategy"),
		"else":    ref("scenario"),
		"$defs":   definitions(),
	}
	b, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // the tables hold nothing that cannot be encoded
	}
	return append(b, '\n')
}

func definitions() form {
	scenario := mappingForm(scenarioKeys)
	scenario["anyOf"] = []any{form{"required": []string{"steps"}}, form{"required": []string{"load"}}}
	return form{
		"scenario":     scenario,
		"strategy":     mappingForm(strategyKeys),
		"channel":      mappingForm(channelKeys),
		"node":         mappingForm(nodeKeys),
		"initiator":    mappingForm(standingKeys),
		"responder":    mappingForm(standingKeys),
		"params":       mapOf(form{"type": []string{"string", "number", "boolean", "null"}}),
		"settings":     anyOf(listOf(textForm), mapOf(form{"type": []string{"string", "number", "boolean", "null"}})),
		"fault":        mappingForm(faultKeys),
		"faultAction":  faultActionForm(),
		"faultDelay":   mappingForm(faultDelayKeys),
		"load":         mappingForm(loadKeys),
		"setup":        mappingForm(setupKeys),
		"phase":        mappingForm(phaseKeys),
		"arrivals":     mappingForm(arrivalsKeys),
		"ramp":         mappingForm(rampKeys),
		"stairs":       mappingForm(stairsKeys),
		"burst":        mappingForm(burstKeys),
		"closed":       mappingForm(closedKeys),
		"teardown":     anyOf(wordForm(teardowns...), mappingForm(teardownKeys)),
		"threshold":    orVariable(form{"type": "string", "pattern": `^[a-z]+[0-9.]*\([a-z_.]*(, *last=[0-9a-z.]+)?\) *(<=|>=|==|!=|<|>) *\S+$`}),
		"step":         stepForm(),
		"roleAction":   roleActionForm(),
		"stepChoice":   weightedForm(anyOf(ref("step"), listOf(ref("step")))),
		"mixEntry":     weightedForm(ref("step")),
		"until":        anyOf(frameForm, mappingForm([]key{{name: "initiator", form: frameForm}, {name: "responder", form: frameForm}})),
		"sign":         answersForm(signTags),
		"signs":        signsForm(),
		"answer":       answerSchema(),
		"answerChoice": mappingForm(answerChoiceKeys),
		"when":         mappingForm(whenKeys),
		"delay":        mappingForm(delayKeys),
		"field":        mappingForm(fieldKeys),
		"made":         mappingForm(madeKeys),
		"expect":       anyOf(ref("outcome"), mappingForm(expectTable())),
		"outcome":      outcomeForm(),
		"frames":       mappingForm(frameSides),
		"frameRule":    anyOf(listOf(frameForm), mappingForm(frameRuleKeys)),
	}
}

// mappingForm is a mapping with the keys of a table. Null is the same as not there.
func mappingForm(table []key) form {
	props := map[string]any{}
	var required []string
	for _, k := range table {
		f := k.form
		if k.required {
			required = append(required, k.name)
		} else {
			f = anyOf(f, nullForm)
		}
		f = cloneForm(f)
		if k.doc != "" {
			f["description"] = k.doc
		}
		props[k.name] = f
	}
	out := form{"type": "object", "properties": props, "additionalProperties": false}
	if required != nil {
		out["required"] = required
	}
	return out
}

func cloneForm(f form) form {
	out := make(form, len(f)+1)
	maps.Copy(out, f)
	return out
}

// stepForm is a bare action alone, or a mapping with exactly one subject.
func stepForm() form {
	table := slices.Clone(stepKeys)
	var one []any
	add := func(name, doc string, f form) {
		table = append(table, key{name: name, doc: doc, form: f})
		one = append(one, form{"required": []string{name}})
	}
	for _, r := range []string{"initiator", "responder"} {
		add(r, "What the "+r+" does.", ref("roleAction"))
		for i := 1; i <= maxSocket; i++ {
			add(fmt.Sprintf("%s.%d", r, i), fmt.Sprintf("What socket %d of the %s does.", i, r), ref("roleAction"))
		}
	}
	add("both", "What both do at the same time.", ref("roleAction"))
	for i := range actions {
		if d := &actions[i]; d.bare {
			add(string(d.kind), d.doc, actionForm(d))
		}
	}
	mapping := mappingForm(table)
	mapping["oneOf"] = one
	return anyOf(wordForm(actionNames(bareAction)...), mapping)
}

func roleActionForm() form {
	var table []key
	for i := range actions {
		if d := &actions[i]; d.role {
			table = append(table, key{name: string(d.kind), doc: d.doc, form: actionForm(d)})
		}
	}
	mapping := mappingForm(table)
	mapping["minProperties"], mapping["maxProperties"] = 1, 1
	return anyOf(wordForm(actionNames(roleAction)...), mapping)
}

// actionForm is what stands after the name of an action.
func actionForm(d *actionDef) form {
	switch d.kind {
	case Choose:
		return listOf(ref("stepChoice"))
	case Parallel:
		return listOf(anyOf(ref("step"), listOf(ref("step"))))
	case "wait":
		return anyOf(durationForm, frameForm, mappingForm(d.keys))
	}
	alternatives := []form{mappingForm(d.table())}
	if d.short != "" {
		i := slices.IndexFunc(d.keys, func(k key) bool { return k.name == d.short })
		alternatives = append(alternatives, d.keys[i].form)
	}
	return anyOf(alternatives...)
}

// weightedForm is {weight, do} with the keys of a step beside them.
func weightedForm(do form) form {
	return mappingForm(with([]key{
		{name: "weight", doc: "A number, or a percentage; one may be left out and takes the rest.", form: weightForm},
		{name: "do", doc: "What is done.", form: do, required: true},
	}, stepKeys...))
}

func answersForm(tags []string) form {
	var table []key
	for _, t := range tags {
		table = append(table, key{name: t, doc: "The answer to channels.sign." + t + ".", form: ref("answer")})
	}
	return mappingForm(table)
}

func signsForm() form {
	out := answersForm(signTags)
	props := out["properties"].(map[string]any)
	for _, r := range roleNames {
		props[r] = anyOf(ref("sign"), nullForm)
	}
	return out
}

func answerSchema() form {
	mapping := mappingForm(slices.Concat(answerForms, answerBeside))
	var one []any
	for _, k := range answerForms {
		one = append(one, form{"required": []string{k.name}})
	}
	mapping["oneOf"] = one
	list := listOf(ref("answer"))
	list["minItems"] = 1
	return anyOf(wordForm(answerWords...), mapping, list)
}

// faultActionForm is a bare word, or a mapping with exactly one action.
func faultActionForm() form {
	mapping := mappingForm(faultForms)
	mapping["minProperties"], mapping["maxProperties"] = 1, 1
	return anyOf(wordForm(FaultActions()...), mapping)
}

func outcomeForm() form {
	word := wordForm(kindNames()...)
	every := wordForm(anyOutcome)
	single := slices.DeleteFunc(expectTable(), func(k key) bool {
		return k.name == "outcome" || k.name == "values" || k.name == "frames"
	})
	list := listOf(anyOf(word, mappingForm(single)))
	list["minItems"] = 1
	return anyOf(word, every, list)
}
