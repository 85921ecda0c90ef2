package strategy

// form is the JSON Schema of a value.
type form map[string]any

// variable is a text with a variable in it, which may stand for any value.
var variable = form{"type": "string", "pattern": `\$\{`}

func orVariable(f form) form { return form{"anyOf": []any{f, variable}} }

func ref(name string) form { return form{"$ref": "#/$defs/" + name} }

// object refers to the mapping of that name, which is one of the tables.
func object(name string) form { return ref(name) }

func anyOf(fs ...form) form {
	all := make([]any, len(fs))
	for i, f := range fs {
		all[i] = f
	}
	return form{"anyOf": all}
}

func constant(v any) form { return form{"const": v} }

func listOf(f form) form { return form{"type": "array", "items": f} }

func mapOf(f form) form { return form{"type": "object", "additionalProperties": f} }

func mapOfWords(words []string, f form) form {
	props := map[string]any{}
	for _, w := range words {
		props[w] = f
	}
	return form{"type": "object", "properties": props, "additionalProperties": false}
}

func wordForm(words ...string) form { return orVariable(form{"enum": words}) }

// orNumber is the pattern of a text or the number that YAML makes of it.
func orNumber(pattern string) form {
	return anyOf(form{"type": "number"}, form{"type": "string", "pattern": pattern}, variable)
}

func wholeForm(least int) form {
	return anyOf(form{"type": "integer", "minimum": least}, form{"type": "string", "pattern": `^[0-9]+$`}, variable)
}

var (
	anyForm      = form{}
	anyScalar    = form{"type": []string{"string", "number", "boolean"}}
	textForm     = anyScalar
	nullForm     = form{"type": "null"}
	yesForm      = anyOf(nullForm, constant(true))
	nameForm     = anyOf(form{"type": "string", "pattern": namePattern}, form{"type": "number"}, variable)
	boolForm     = orVariable(form{"type": "boolean"})
	amountForm   = anyOf(form{"type": "integer"}, form{"type": "string", "pattern": `^-?[0-9]+$`}, variable)
	durationForm = anyOf(form{"type": "string", "pattern": `^([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+$|^0$`}, form{"const": 0}, variable)
	rateFormKey  = orVariable(form{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)? ?/ ?[0-9]*(ms|s|m|h)$`})
	weightForm   = orNumber(`^[0-9]+(\.[0-9]+)?%?$`)
	frameForm    = form{"type": "string"}
	accountForm  = orVariable(form{"type": "string", "pattern": accountPattern})
	spanForm     = anyOf(form{"type": "integer"}, form{"type": "string"}, form{"type": "array", "items": anyOf(form{"type": "integer"}, form{"type": "string"})})
	bytesForm    = textForm
)

const (
	namePattern    = `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`
	accountPattern = `^(initiator|responder|other|ak_[1-9A-HJ-NP-Za-km-z]+)$`
)
